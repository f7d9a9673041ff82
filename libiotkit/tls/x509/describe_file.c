/* SPDX-License-Identifier: MIT */
#include <mbedtls/x509_crl.h>
#include <mbedtls/x509_csr.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/secret.h"
#include "tls/x509/compat.h"
#include "tls/x509/describe.h"
#include "tls/x509/facts.h"
#include "tls/x509/look.h"
#include "tls/x509/moment.h"
#include "tls/x509/words.h"

enum { FILE_MAX = 1048576 };

/* A PEM block, with its NUL in the size, or the whole of a DER file. */
struct piece {
	const unsigned char *bytes;
	size_t size;
};

struct description {
	const char *path;
	struct words words;
	size_t understood; /* pieces */
	bool exposed; /* others can read the file */
};

/* What cannot be read for want of memory is not damaged. */
static bool parsed(struct description *to, int code)
{
	if (code < 0 && compat_is_no_memory(code))
		to->words.status = error_set_no_memory();
	return code == 0;
}

static bool describe_certificates(struct description *to, const struct piece *piece)
{
	mbedtls_x509_crt certificate;

	mbedtls_x509_crt_init(&certificate);
	bool fine = parsed(to, mbedtls_x509_crt_parse(&certificate, piece->bytes, piece->size));
	if (fine && to->words.status == IOTKIT_OK)
		to->words.status = describe_certificate(&certificate, to->words.out);
	mbedtls_x509_crt_free(&certificate);
	return fine;
}

static void add_moment(struct words *words, const char *label, const mbedtls_x509_time *time,
		       bool end)
{
	int64_t moment = facts_moment(time);
	char text[MOMENT_TEXT_SIZE];

	moment_text(moment, text);
	words_line(words, label, "%s%s", text,
		   end && moment < clock_wall_ms() / 1000 ? " (overdue: fetch the new list)" : "");
}

static bool describe_crl(struct description *to, const struct piece *piece)
{
	struct words *words = &to->words;
	mbedtls_x509_crl crl;
	size_t revoked = 0;

	mbedtls_x509_crl_init(&crl);
	bool fine = parsed(to, mbedtls_x509_crl_parse(&crl, piece->bytes, piece->size));
	if (fine) {
		const mbedtls_x509_crl_entry *entry = &crl.entry;
		for (; entry != NULL && entry->raw.len > 0; entry = entry->next)
			revoked++;
		words_gap(words);
		words_line(words, "revocation list", "%zu certificate%s revoked", revoked,
			   revoked == 1 ? "" : "s");
		words_name(words, "issuer", &crl.issuer);
		add_moment(words, "updated", &crl.this_update, false);
		if (crl.next_update.year > 0)
			add_moment(words, "next update", &crl.next_update, true);
	}
	mbedtls_x509_crl_free(&crl);
	return fine;
}

static bool describe_request(struct description *to, const struct piece *piece)
{
	struct words *words = &to->words;
	mbedtls_x509_csr request;

	mbedtls_x509_csr_init(&request);
	bool fine = parsed(to, mbedtls_x509_csr_parse(&request, piece->bytes, piece->size));
	if (fine) {
		words_gap(words);
		words_line(words, "request", "not a certificate yet: a CA must sign it");
		words_name(words, "subject", &request.subject);
		words_key(words, "key", &request.pk);
	}
	mbedtls_x509_csr_free(&request);
	return fine;
}

static void warn_if_exposed(struct description *to)
{
	if (to->exposed)
		words_line(&to->words, "warning",
			   "others can read this private key: run 'chmod 600 %s'", to->path);
}

static void describe_encrypted_key(struct description *to)
{
	words_gap(&to->words);
	words_line(&to->words, "private key", "encrypted: its pass phrase is needed to use it");
	warn_if_exposed(to);
}

static bool describe_private_key(struct description *to, const struct piece *piece)
{
	mbedtls_pk_context key;

	/* How OpenSSL marked encrypted keys before PKCS #8. */
	if (strstr((const char *)piece->bytes, "Proc-Type: 4,ENCRYPTED") != NULL) {
		describe_encrypted_key(to);
		return true;
	}
	mbedtls_pk_init(&key);
	bool fine = parsed(to, compat_parse_key(&key, piece->bytes, piece->size, NULL, 0));
	if (fine) {
		words_gap(&to->words);
		words_key(&to->words, "private key", &key);
		warn_if_exposed(to);
	}
	mbedtls_pk_free(&key);
	return fine;
}

static bool describe_public_key(struct description *to, const struct piece *piece)
{
	mbedtls_pk_context key;

	mbedtls_pk_init(&key);
	bool fine = parsed(to, mbedtls_pk_parse_public_key(&key, piece->bytes, piece->size));
	if (fine) {
		words_gap(&to->words);
		words_key(&to->words, "public key", &key);
	}
	mbedtls_pk_free(&key);
	return fine;
}

static bool describe_known(struct description *to, const struct piece *piece, enum look look)
{
	switch (look) {
	case LOOKS_CERTIFICATE:
		return describe_certificates(to, piece);
	case LOOKS_CRL:
		return describe_crl(to, piece);
	case LOOKS_REQUEST:
		return describe_request(to, piece);
	case LOOKS_PRIVATE_KEY:
		return describe_private_key(to, piece);
	case LOOKS_ENCRYPTED_KEY:
		describe_encrypted_key(to);
		return true;
	case LOOKS_PUBLIC_KEY:
		return describe_public_key(to, piece);
	default:
		return false;
	}
}

static void describe_piece(struct description *to, const struct piece *piece)
{
	/* The key that these belong to follows. */
	static const char parameters[] = "-----BEGIN EC PARAMETERS-----";
	enum look look = look_at((const char *)piece->bytes, piece->size);

	if (strncmp((const char *)piece->bytes, parameters, strlen(parameters)) == 0)
		return;
	if (describe_known(to, piece, look)) {
		to->understood++;
		return;
	}
	words_gap(&to->words);
	words_line(&to->words, "damaged", "%s, or of a kind that is not known", look_name(look));
}

/* Cuts the file into its PEM blocks, by a NUL behind each in turn. */
static void describe_blocks(struct description *to, char *text)
{
	static const char begin[] = "-----BEGIN ", end[] = "-----END ";
	char *block = strstr(text, begin);

	while (block != NULL && to->words.status == IOTKIT_OK) {
		char *last = strstr(block, end);
		if (last == NULL)
			last = block + strlen(block);
		char *next = last + strcspn(last, "\n");
		char kept = *next;
		*next = '\0';
		const struct piece piece = {(unsigned char *)block, (size_t)(next - block) + 1};
		describe_piece(to, &piece);
		*next = kept;
		block = strstr(next, begin);
	}
}

static iotkit_status verdict(const struct description *description, enum look look)
{
	if (description->words.status != IOTKIT_OK || description->understood > 0)
		return description->words.status;
	if (look == LOOKS_TEXT || look == LOOKS_BINARY || look == LOOKS_PEM ||
	    look == LOOKS_PKCS12 || look == LOOKS_SSH_KEY || look == LOOKS_TRUSTED_CERTIFICATE)
		return error_set(IOTKIT_EINVAL,
				 "%s holds %s, and nothing that can be described: %s",
				 description->path, look_name(look), look_mend(look));
	return error_set(
		IOTKIT_EINVAL,
		"%s looks like %s, but it is damaged, or of a kind that is not known: copy "
		"it anew from where it was made",
		description->path, look_name(look));
}

iotkit_status describe_file(const char *path, struct buffer *out)
{
	const struct file file = {.what = "file", .option = "", .path = path, .size_max = FILE_MAX};
	char shown[FILE_PATH_SIZE];
	struct description description = {.path = file_path(path, shown), .words = {.out = out}};
	struct stat status_of_file;
	char *bytes = NULL;
	size_t size = 0;
	iotkit_status status = file_read(&file, &bytes, &size);

	if (status != IOTKIT_OK)
		return status;
	description.exposed = stat(path, &status_of_file) == 0 &&
			      (status_of_file.st_mode & (S_IRWXG | S_IRWXO)) != 0;
	enum look look = look_at(bytes, size);
	const struct piece whole = {(unsigned char *)bytes, size};
	if (strstr(bytes, "-----BEGIN ") != NULL)
		describe_blocks(&description, bytes);
	else
		describe_piece(&description, &whole);
	secret_free(bytes);
	return verdict(&description, look);
}
