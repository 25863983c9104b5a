/* relay/trust.c - see trust.h. */
#include "relay/trust.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

/* The octets of an address; their number, or 0. */
static size_t parse_address(const char *text, uint8_t out[static 16])
{
	if (str_istarts(text, "IPv6:"))
		text += 5;
	if (inet_pton(AF_INET, text, out) == 1)
		return 4;
	return inet_pton(AF_INET6, text, out) == 1 ? 16 : 0;
}

static bool same_prefix(const uint8_t *x, const uint8_t *y, size_t bits)
{
	if (memcmp(x, y, bits / 8) != 0)
		return false;
	return bits % 8 == 0 || ((x[bits / 8] ^ y[bits / 8]) >> (8 - bits % 8)) == 0;
}

static bool network_contains(const char *network, const uint8_t *address, size_t size)
{
	char text[64];
	uint8_t base[16];
	const char *slash = strchr(network, '/');
	size_t n = slash != NULL ? (size_t)(slash - network) : strlen(network);
	long bits;

	if (n >= sizeof(text))
		return false;
	memcpy(text, network, n);
	text[n] = '\0';
	if (parse_address(text, base) != size)
		return false;
	bits = (long)size * 8;
	if (slash != NULL && str_to_long(slash + 1, 0, bits, &bits) != 0)
		return false;
	return same_prefix(base, address, (size_t)bits);
}

bool trust_contains(const struct config_strings *networks, const char *address)
{
	uint8_t octets[16];
	size_t size = address == NULL ? 0 : parse_address(address, octets);

	for (size_t i = 0; size > 0 && i < networks->count; i++)
		if (network_contains(networks->items[i], octets, size))
			return true;
	return false;
}
