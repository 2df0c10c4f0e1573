"""Which network addresses a URL from outside may lead to: public ones only."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

# The IANA special-purpose registries are built into `is_global`; these are the gaps.
# Azure's WireServer: a public number that answers every virtual machine with its platform's secrets.
_WIRE_SERVER = IPv4Address("168.63.129.16")
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are the IPv4 address that is reached
_SIX_TO_FOUR = IPv6Network("2002::/16")  # RFC 3056, deprecated: wraps any IPv4 address
_DOCUMENTATION = IPv6Network("3fff::/20")  # RFC 9637, newer than Python's tables
_UNICAST = IPv6Network("2000::/3")  # RFC 4291: all global unicast addresses handed out so far


def is_public(text: str) -> bool:
    """Whether an address, as a resolver or an IP literal gives it, is one on the public internet.

    IPv4 addresses inside IPv6 ones (mapped, NAT64) are judged as what they reach; text that is no address is not
    public.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return _is_public_v4(address) if isinstance(address, IPv4Address) else _is_public_v6(address)


def _is_public_v4(address: IPv4Address) -> bool:
    return address.is_global and not address.is_multicast and address != _WIRE_SERVER


def _is_public_v6(address: IPv6Address) -> bool:
    if address.scope_id is not None:
        return False
    if address.ipv4_mapped is not None:
        return _is_public_v4(address.ipv4_mapped)
    if address in _NAT64:
        return _is_public_v4(IPv4Address(int(address) & 0xFFFF_FFFF))
    wrapped_or_unused = address in _SIX_TO_FOUR or address in _DOCUMENTATION
    return address in _UNICAST and address.is_global and not wrapped_or_unused
