/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own_pid.h"
#include "suite.h"

static bool is_right(void)
{
	return own_pid() == getpid() && own_pid() == getpid();
}

/* Whether it is right in a child, and in a child of that. */
static bool is_right_in_children(int depth)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		_exit(is_right() && (depth == 0 || is_right_in_children(depth - 1)) ? 0 : 1);
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

START_TEST(a_process_has_its_own_id)
{
	ck_assert(is_right());
}
END_TEST

START_TEST(so_has_a_child_whose_parent_had_asked_before)
{
	ck_assert(is_right());
	ck_assert(is_right_in_children(2));
	ck_assert(is_right());
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("own_pid");
	TCase *tcase = tcase_create("own_pid");

	tcase_add_test(tcase, a_process_has_its_own_id);
	tcase_add_test(tcase, so_has_a_child_whose_parent_had_asked_before);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
