/*
 * dir/rule.h - what a look-up in DNS or LDAP gives: the longest rule, of whichever kind it is (ambiguity U10).
 */
#ifndef MIXGATE_DIR_RULE_H
#define MIXGATE_DIR_RULE_H

#include "addr/source.h"

struct dir_rule {
	bool gateway;
	struct addr_hit hit;
};

#endif
