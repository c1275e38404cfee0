"""How fast a counter moves, for who looks at it now and then."""

from collections import deque

SPAN_NS = 2_000_000_000


class Rate:
    """Over about the last `span_ns`."""

    def __init__(self, span_ns: int = SPAN_NS):
        self._span_ns = span_ns
        self._seen: deque[tuple[int, int]] = deque()

    def of(self, now_ns: int, count: int) -> float:
        """Per second; 0 after its process began anew."""
        seen = self._seen
        if seen and count < seen[-1][1]:
            seen.clear()
        seen.append((now_ns, count))
        while len(seen) > 2 and now_ns - seen[1][0] >= self._span_ns:
            seen.popleft()
        begin, first = seen[0]
        return (count - first) * 1e9 / (now_ns - begin) if now_ns > begin else 0.0
