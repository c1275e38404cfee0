"""HMAC as RFC 2104 spells it, by the hash alone: the judge of what signs for a venue."""

import hashlib


def hmac_by_hand(algorithm: str, secret: bytes, said: bytes) -> bytes:
    block = hashlib.new(algorithm).block_size
    if len(secret) > block:
        secret = hashlib.new(algorithm, secret).digest()
    padded = secret.ljust(block, b"\0")
    inner = hashlib.new(algorithm, bytes(byte ^ 0x36 for byte in padded) + said).digest()
    return hashlib.new(algorithm, bytes(byte ^ 0x5C for byte in padded) + inner).digest()


def flipped(data: bytes, place: int) -> bytes:
    """One bit of one byte is another."""
    place %= len(data) * 8
    changed = bytearray(data)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)
