/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <stdlib.h>

bool suite_emulated(void)
{
	return getenv("IOTKIT_EMULATED") != NULL;
}

int suite_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);

	/* One process: sanitizers see all of it, and threads survive fixtures. */
	if (getenv("CK_FORK") == NULL)
		srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
