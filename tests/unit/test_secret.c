/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "suite.h"

START_TEST(memory_is_zero_and_aligned)
{
	static const size_t sizes[] = {0, 1, 16, 4096, 100000};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		unsigned char *memory = secret_alloc(sizes[i]);
		ck_assert_ptr_nonnull(memory);
		ck_assert_uint_eq((uintptr_t)memory % _Alignof(max_align_t), 0);
		for (size_t k = 0; k < sizes[i]; k++)
			ck_assert_uint_eq(memory[k], 0);
		memset(memory, 'x', sizes[i]);
		secret_free(memory);
	}
	secret_free(NULL);
}
END_TEST

START_TEST(no_memory_is_had_beyond_all_bounds)
{
	ck_assert_ptr_null(secret_alloc(SIZE_MAX));
	ck_assert_ptr_null(secret_alloc(SIZE_MAX - 8));
	ck_assert_ptr_null(secret_alloc(PTRDIFF_MAX));
}
END_TEST

START_TEST(a_copy_is_the_same_text)
{
	char *copy = secret_copy("pass phrase");

	ck_assert_str_eq(copy, "pass phrase");
	secret_free(copy);
}
END_TEST

START_TEST(what_is_wiped_is_gone)
{
	char text[] = "pass phrase";
	static const char zero[sizeof text];

	secret_wipe(text, sizeof text);
	ck_assert_mem_eq(text, zero, sizeof text);
}
END_TEST

/* The flags that the kernel has for the mapping in which the address lies. */
static void read_flags(const void *address, char *flags, int size)
{
	FILE *maps = fopen("/proc/self/smaps", "r");
	unsigned long low, high;
	int inside = 0;

	ck_assert_ptr_nonnull(maps);
	while (fgets(flags, size, maps) != NULL) {
		if (sscanf(flags, "%lx-%lx ", &low, &high) == 2)
			inside = low <= (uintptr_t)address && (uintptr_t)address < high;
		if (inside && strncmp(flags, "VmFlags:", 8) == 0)
			break;
	}
	fclose(maps);
}

START_TEST(a_core_file_does_not_have_it)
{
	char *memory = secret_copy("pass phrase");
	char flags[512];

	read_flags(memory, flags, sizeof flags);
	ck_assert_msg(strstr(flags, " dd") != NULL, "%s", flags);
	secret_free(memory);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("secret");
	TCase *memory = tcase_create("memory");

	tcase_add_test(memory, memory_is_zero_and_aligned);
	tcase_add_test(memory, no_memory_is_had_beyond_all_bounds);
	tcase_add_test(memory, a_copy_is_the_same_text);
	tcase_add_test(memory, what_is_wiped_is_gone);
	if (!suite_emulated()) /* qemu keeps this wish from the kernel */
		tcase_add_test(memory, a_core_file_does_not_have_it);
	suite_add_tcase(suite, memory);
	return suite_run(suite);
}
