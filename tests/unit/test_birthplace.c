/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/birthplace.h"
#include "suite.h"

static struct birthplace birthplace;

static void start(void)
{
	birthplace_note(&birthplace);
}

static void stop(void)
{
	birthplace_forget(&birthplace);
}

/* Whether a child, and its own children, know that it was not they. */
static bool is_foreign_to_children(int depth)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		_exit(!birthplace_is_here(&birthplace) &&
				      (depth == 0 || is_foreign_to_children(depth - 1))
			      ? 0
			      : 1);
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

START_TEST(it_is_here_and_not_in_children)
{
	ck_assert(birthplace_is_here(&birthplace));
	ck_assert(is_foreign_to_children(2));
	ck_assert(birthplace_is_here(&birthplace));
}
END_TEST

START_TEST(so_it_is_where_the_kernel_empties_no_page)
{
	const struct birthplace without = {.process = birthplace.process};

	stop();
	birthplace = without;
	ck_assert(birthplace_is_here(&birthplace));
	ck_assert(is_foreign_to_children(2));
}
END_TEST

START_TEST(a_child_has_one_of_its_own)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		struct birthplace own;
		birthplace_note(&own);
		_exit(birthplace_is_here(&own) ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("birthplace");
	TCase *tcase = tcase_create("birthplace");

	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_test(tcase, it_is_here_and_not_in_children);
	tcase_add_test(tcase, so_it_is_where_the_kernel_empties_no_page);
	tcase_add_test(tcase, a_child_has_one_of_its_own);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
