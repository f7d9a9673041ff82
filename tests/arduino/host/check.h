/* SPDX-License-Identifier: MIT
 *
 * Tests in plain C++: each is a function that ends the program where something is not as it should
 * be.
 */
#ifndef HOST_CHECK_H
#define HOST_CHECK_H

#include <cstdio>
#include <cstdlib>
#include <string>

#define CHECK(condition) ((condition) ? (void)0 : check_failed(__FILE__, __LINE__, #condition, ""))
#define CHECK_EQ(got, wanted) check_equal(__FILE__, __LINE__, #got, got, wanted)

[[noreturn]] inline void check_failed(const char *file, int line, const char *what,
				      const std::string &more)
{
	fprintf(stderr, "%s:%d: %s %s\n", file, line, what, more.c_str());
	exit(EXIT_FAILURE);
}

inline void check_equal(const char *file, int line, const char *what, const std::string &got,
			const std::string &wanted)
{
	if (got != wanted)
		check_failed(file, line, what, "is\n  " + got + "\nand should be\n  " + wanted);
}

inline void check_equal(const char *file, int line, const char *what, long got, long wanted)
{
	check_equal(file, line, what, std::to_string(got), std::to_string(wanted));
}

#endif
