/* SPDX-License-Identifier: MIT */
#include "tls_flags.h"

#include <stddef.h>
#include <string.h>

enum {
	KEY_CAFILE = CLI_LONG_ONLY + 200,
	KEY_CAPATH,
	KEY_OS_CERTS,
	KEY_CERT,
	KEY_KEY,
	KEY_INSECURE,
	KEY_ALPN,
	KEY_VERSION,
	KEY_PSK_IDENTITY,
	KEY_PSK_FILE,
	KEY_PSK,
	KEY_CIPHERS
};

const struct cli_option tls_flags[] = {
	{KEY_CAFILE, "cafile", "FILE", "CAs that may vouch for the broker (tls.ca_file)"},
	{KEY_CAPATH, "capath", "DIR", "folder with such files (tls.ca_path)"},
	{KEY_OS_CERTS, "tls-use-os-certs", NULL, "those that the system trusts; the default"},
	{KEY_CERT, "cert", "FILE", "this client's certificate (tls.cert_file)"},
	{KEY_KEY, "key", "FILE", "its private key (tls.key_file)"},
	{KEY_INSECURE, "insecure", NULL, "do not check the host's name (tls.verify=ca)"},
	{KEY_ALPN, "tls-alpn", "NAME", "application protocol to offer (tls.alpn)"},
	{KEY_VERSION, "tls-version", "VERSION",
	 "oldest version to agree to: tlsv1.2 or tlsv1.3\n(tls.min_version)"},
	{KEY_PSK_IDENTITY, "psk-identity", "NAME", "name of the pre-shared key (tls.psk_identity)"},
	{KEY_PSK_FILE, "psk-file", "FILE", "file with that key in hexadecimal (tls.psk_file)"},
	{KEY_PSK, "psk", "KEY", NULL},
	{KEY_CIPHERS, "ciphers", "LIST", NULL},
	{0, NULL, NULL, NULL},
};

static const char *name_of(int key)
{
	const struct cli_option *row = tls_flags;

	while (row->name != NULL && row->key != key)
		row++;
	return row->name;
}

/* The library's option that a flag stands for, NULL when it is not as simple. */
static const char *option_of(int key)
{
	switch (key) {
	case KEY_CAFILE:
		return "tls.ca_file";
	case KEY_CAPATH:
		return "tls.ca_path";
	case KEY_CERT:
		return "tls.cert_file";
	case KEY_KEY:
		return "tls.key_file";
	case KEY_ALPN:
		return "tls.alpn";
	case KEY_PSK_IDENTITY:
		return "tls.psk_identity";
	case KEY_PSK_FILE:
		return "tls.psk_file";
	default:
		return NULL;
	}
}

static const char *tls_version(const char *text)
{
	if (strcmp(text, "tlsv1.2") == 0)
		return "1.2";
	if (strcmp(text, "tlsv1.3") == 0)
		return "1.3";
	if (strcmp(text, "tlsv1.1") == 0 || strcmp(text, "tlsv1") == 0)
		cli_usage_error("'%s' is no longer secure, and not supported; use --tls-version "
				"tlsv1.2",
				text);
	cli_usage_error("there is no TLS version '%s'; use --tls-version tlsv1.2 or tlsv1.3", text);
}

bool tls_flag(struct session *session, int key, const char *argument)
{
	if (name_of(key) == NULL)
		return false;
	session->tls_flag = name_of(key);
	switch (key) {
	case KEY_OS_CERTS:
		session_set(session, "tls.ca_file", "");
		session_set(session, "tls.ca_path", "");
		break;
	case KEY_INSECURE:
		session_set(session, "tls.verify", "ca");
		break;
	case KEY_VERSION:
		session_set(session, "tls.min_version", tls_version(argument));
		break;
	case KEY_PSK:
		cli_usage_error("others can read a key on the command line: write it into a file "
				"of your own (chmod 600), and use --psk-file FILE");
	case KEY_CIPHERS:
		cli_usage_error("--ciphers is not supported: the library offers only ciphers that "
				"are secure; leave it out");
	default:
		session_set(session, option_of(key), argument);
	}
	return true;
}
