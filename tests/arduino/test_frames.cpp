/* SPDX-License-Identifier: MIT
 *
 * The library reads and writes frames as tests/vectors/frames.txt says: test_frames FRAMES
 */
#include <IoTKitFrame.h>

#include <cstring>
#include <fstream>
#include <vector>

#include "check.h"
#include "wire.h"

/* Takes the escapes of frames.txt away. */
static std::string plain(const std::string &text)
{
	std::string out;

	for (size_t i = 0; i < text.size(); i++) {
		if (text[i] != '\\') {
			out += text[i];
			continue;
		}
		out += (char)std::stoi(text.substr(i + 1, 3), nullptr, 8);
		i += 3;
	}
	return out;
}

static std::vector<std::string> columns_of(const std::string &line)
{
	std::vector<std::string> columns(1);

	for (char c : line) {
		if (c == '\t')
			columns.emplace_back();
		else
			columns.back() += c;
	}
	for (std::string &column : columns)
		column = plain(column);
	return columns;
}

/* What the fields of each kind are: an id, a number, a text, or as in the line. */
static const char *forms_of(char kind)
{
	static const char *const forms[] = {"Hiinntttp", "Minnntpt", "Sinnntt", "Rinn", "Wii",
					    "Ain",       "Nin",      "Cintt",   "?"};

	for (const char *form : forms)
		if (form[0] == kind)
			return form + 1;
	check_failed(__FILE__, __LINE__, "unknown kind", std::string(1, kind));
}

static uint32_t number_of(const std::string &text, int base)
{
	return (uint32_t)std::stoul(text, nullptr, base);
}

static void check_writing(const std::string &line, const std::vector<std::string> &fields)
{
	Wire wire;
	char kind = fields[0][0];
	const char *forms = forms_of(kind);
	IoTKitWriter writer(wire, kind);

	CHECK_EQ((long)strlen(forms), (long)fields.size() - 1);
	for (size_t i = 1; i < fields.size(); i++) {
		if (fields[i] == "-" && forms[i - 1] == 'i')
			writer.endField();
		else if (forms[i - 1] == 'i')
			writer.id(number_of(fields[i], 16));
		else if (forms[i - 1] == 'n')
			writer.number(number_of(fields[i], 10));
		else if (forms[i - 1] == 't')
			writer.text(fields[i].c_str());
		else {
			for (char c : fields[i])
				writer.plain(c);
			writer.endField();
		}
	}
	writer.end();
	std::string end = line.substr(0, line.find_last_not_of('\r') + 1) + "\n";
	std::string got = wire.take();
	CHECK_EQ(end.substr(end.size() - std::min(end.size(), got.size())), got);
}

static void check_reading(const IoTKitFrame &frame, const std::vector<std::string> &fields)
{
	CHECK_EQ(std::string(1, frame.kind), fields[0]);
	if (frame.kind == 'W') {
		CHECK(frame.number == number_of(fields[1], 16));
		CHECK(frame.id == number_of(fields[2], 16));
	} else if (frame.kind != '?') {
		CHECK(frame.id == number_of(fields[1], 16));
		CHECK(frame.number == number_of(fields[2], 10));
	}
	if (frame.kind == 'C') {
		CHECK_EQ(std::string(frame.name), fields[3]);
		CHECK_EQ(std::string(frame.value), fields[4]);
	}
}

int main(int argc, char **argv)
{
	std::ifstream file(argc == 2 ? argv[1] : "");
	std::string text;
	int good = 0, bad = 0;

	CHECK(file.good());
	while (std::getline(file, text)) {
		if (text.empty() || text[0] == '#')
			continue;
		fprintf(stderr, "%s\n", text.c_str());
		std::vector<std::string> columns = columns_of(text);
		std::vector<std::string> fields(columns.begin() + 2, columns.end());
		std::vector<char> line(columns[1].begin(), columns[1].end());
		IoTKitFrame frame;
		line.push_back('\0');
		bool read = iotkitRead(line.data(), (uint8_t)columns[1].size(), frame);
		if (columns[0] == "good") {
			bool gateway = strchr("WANC?", fields[0][0]) != nullptr;
			CHECK(read == gateway);
			if (gateway)
				check_reading(frame, fields);
			check_writing(columns[1], fields);
			good++;
		} else {
			CHECK_EQ(columns[0], std::string("bad"));
			CHECK(!read);
			bad++;
		}
	}
	printf("%d good and %d bad lines\n", good, bad);
	return good > 0 && bad > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
