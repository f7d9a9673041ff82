/* SPDX-License-Identifier: MIT
 *
 * The library's option table for people: in a terminal, or as the reference
 * page docs/options.md and the man page iotkit-options(5), which are made from it.
 */
#ifndef EXAMPLES_COMMON_OPTION_LIST_H
#define EXAMPLES_COMMON_OPTION_LIST_H

void option_list_text(void);
void option_list_markdown(void);
void option_list_man(void);

#endif
