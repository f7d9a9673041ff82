/* SPDX-License-Identifier: MIT
 *
 * iotkit-certs makes the certificates that TLS needs, and shows what is in them
 * and what a broker presents: in place of a session with openssl.
 */
#include "certs.h"

#include <string.h>

#include "common/cli.h"

enum {
	KEY_NAME = CLI_LONG_ONLY,
	KEY_IP,
	KEY_DAYS,
	KEY_KEY,
	KEY_CA,
	KEY_CA_KEY,
	KEY_PASSWORD_FILE,
	KEY_DIR,
	KEY_OUT,
	KEY_RENEW,
	KEY_CAFILE,
	KEY_CERT,
	KEYS_END
};

static const struct cli_option options[] = {
	{KEY_NAME, "name", "NAME", "name of the CA; default 'iotkit CA of' this host"},
	{KEY_IP, "ip", "ADDRESS", "IP address that the server has too; may be repeated"},
	{KEY_DAYS, "days", "N", "days of validity; default 3650 for a CA, else 825"},
	{KEY_KEY, "key", "KIND",
	 "ec, rsa2048 or rsa4096; default ec (for check: the\nfile of the client's key)"},
	{KEY_CA, "ca", "FILE", "certificate of the CA that signs; default DIR/ca.crt"},
	{KEY_CA_KEY, "ca-key", "FILE", "its key; default DIR/ca.key"},
	{KEY_PASSWORD_FILE, "password-file", "FILE",
	 "file whose first line is the pass phrase of the\nCA's key; a new CA's key is "
	 "encrypted with it"},
	{KEY_DIR, "dir", "DIR", "folder of the files; default ."},
	{KEY_OUT, "out", "NAME", "write NAME.crt and NAME.key; default: the first name"},
	{KEY_RENEW, "renew", NULL,
	 "replace the certificate, keeping its key, and its\nnames unless several are given"},
	{KEY_CAFILE, "cafile", "FILE", "for check: trust the CAs in this file"},
	{KEY_CERT, "cert", "FILE", "for check: the client's certificate"},
	{'o', "option", "NAME=VALUE", "for check: set any option of the library"},
	{0, NULL, NULL, NULL},
};

static const struct cli_program program = {
	.name = "iotkit-certs",
	.usage = "COMMAND [ARGUMENT]... [OPTION]...",
	.summary = "Make the certificates that TLS needs, and show what is in them.\n\n"
		   "Commands:\n"
		   "  ca                make a CA, which signs the others\n"
		   "  server NAME...    make a broker's certificate, for these host names\n"
		   "  client NAME       make a client's certificate\n"
		   "  inspect FILE...   describe certificates, keys and revocation lists\n"
		   "  check HOST:PORT   connect to a broker and judge what it presents",
	.options = options,
	.notes = "Nothing is ever overwritten without --renew.\n"
		 "Exit status: 0 done, or the broker is good; 1 not; 2 called wrongly.",
	.operands = true,
};

enum { CA = 1, SERVER = 2, CLIENT = 4, INSPECT = 8, CHECK = 16, SIGNED = SERVER | CLIENT };

static const struct command {
	const char *name;
	unsigned bit;
	size_t operands_min, operands_max;
	const char *operands; /* for the sentence */
	int (*run)(const struct certs *certs);
} commands[] = {
	{"ca", CA, 0, 0, "no name; --name gives one", certs_ca},
	{"server", SERVER, 0, CERTS_OPERANDS_MAX, "host names", certs_server},
	{"client", CLIENT, 1, 1, "one name", certs_client},
	{"inspect", INSPECT, 1, CERTS_OPERANDS_MAX, "files", certs_inspect},
	{"check", CHECK, 1, 1, "one broker, as HOST:PORT", certs_check},
};

/* Which commands an option goes with. */
static const unsigned option_commands[KEYS_END] = {
	['o'] = CHECK,
	[KEY_NAME] = CA,
	[KEY_IP] = SERVER,
	[KEY_DAYS] = CA | SIGNED,
	[KEY_KEY] = CA | SIGNED | CHECK,
	[KEY_CA] = SIGNED,
	[KEY_CA_KEY] = SIGNED,
	[KEY_PASSWORD_FILE] = CA | SIGNED,
	[KEY_DIR] = CA | SIGNED,
	[KEY_OUT] = SIGNED,
	[KEY_RENEW] = CA | SIGNED,
	[KEY_CAFILE] = CHECK,
	[KEY_CERT] = CHECK,
};

static void add(const char **list, size_t *count, const char *value, const char *what)
{
	if (*count == CERTS_OPERANDS_MAX)
		cli_usage_error("at most %d %s can be given", CERTS_OPERANDS_MAX, what);
	list[(*count)++] = value;
}

static void add_operand(struct certs *certs, const struct command *command, char *operand)
{
	if (command->bit == CHECK)
		operand = secrets_guard(&certs->secrets, "broker", operand);
	add(certs->operands, &certs->operand_count, operand, "names or files");
}

static void add_setting(struct certs *certs, char *setting)
{
	char *equals = strchr(setting, '=');

	if (equals == NULL)
		cli_usage_error("--option takes NAME=VALUE, not '%s'", setting);
	if (certs->setting_count == CERTS_SETTINGS_MAX)
		cli_usage_error("at most %d options can be given", CERTS_SETTINGS_MAX);
	*equals = '\0';
	certs->settings[certs->setting_count].name = setting;
	certs->settings[certs->setting_count++].value =
		secrets_guard(&certs->secrets, setting, equals + 1);
}

/* Where an option's argument goes that is taken as it is. */
static const char **text_of(struct certs *certs, int key)
{
	switch (key) {
	case KEY_NAME:
		return &certs->name;
	case KEY_KEY:
		return &certs->key;
	case KEY_CA:
		return &certs->ca;
	case KEY_CA_KEY:
		return &certs->ca_key;
	case KEY_PASSWORD_FILE:
		return &certs->password_file;
	case KEY_DIR:
		return &certs->dir;
	case KEY_OUT:
		return &certs->out;
	case KEY_CAFILE:
		return &certs->ca_file;
	default:
		return &certs->cert;
	}
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	cli_usage_error("there is no command '%s'; ca, server, client, inspect and check are",
			name);
}

static void take(struct certs *certs, int key, char *argument)
{
	switch (key) {
	case KEY_IP:
		add(certs->addresses, &certs->address_count, argument, "addresses");
		break;
	case KEY_DAYS:
		certs->days = cli_integer(argument, 1, 36500, "the number of days");
		break;
	case KEY_RENEW:
		certs->renew = true;
		break;
	case 'o':
		add_setting(certs, argument);
		break;
	default:
		*text_of(certs, key) = argument;
	}
}

static void check_options(const struct command *command, const bool seen[KEYS_END])
{
	for (const struct cli_option *row = options; row->name != NULL; row++)
		if (seen[row->key] && !(option_commands[row->key] & command->bit))
			cli_usage_error("'%s' does not take --%s", command->name, row->name);
}

static void check_operands(const struct command *command, const struct certs *certs)
{
	bool named = certs->operand_count > 0 || certs->address_count > 0 ||
		     (certs->renew && certs->out != NULL);

	if (certs->operand_count < command->operands_min ||
	    certs->operand_count > command->operands_max)
		cli_usage_error("'%s' takes %s", command->name, command->operands);
	if (command->bit == SERVER && !named)
		cli_usage_error("'server' takes the host names that clients connect to, as "
				"'iotkit-certs server broker.local'");
}

static const struct command *parse(struct certs *certs, int argc, char **argv)
{
	const struct command *command = NULL;
	bool seen[KEYS_END] = {false};
	char *argument = NULL;
	int key;

	cli_start(&program, argc, argv);
	while ((key = cli_next(&argument)) != -1) {
		seen[key] = true;
		if (key == CLI_OPERAND && command == NULL)
			command = find_command(argument);
		else if (key == CLI_OPERAND)
			add_operand(certs, command, argument);
		else
			take(certs, key, argument);
	}
	if (command == NULL)
		cli_usage_error("a command is needed: ca, server, client, inspect or check");
	check_options(command, seen);
	check_operands(command, certs);
	return command;
}

int main(int argc, char **argv)
{
	struct certs certs = {0};

	int status = parse(&certs, argc, argv)->run(&certs);
	secrets_wipe(&certs.secrets);
	return status;
}
