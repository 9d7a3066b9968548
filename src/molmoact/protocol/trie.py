"""A list of words as a tree, by which a grammar reads one of them letter by letter."""

from collections.abc import Iterator, Sequence

Word = tuple[int, ...]


class Trie:
    """`edges[node]` maps a letter to the next node; node 0 is before the first letter.

    Attributes:
        final: nodes that end a word.
        last: letters that end a word.
        shortest: letters of the shortest word.
    """

    def __init__(self, words: Sequence[Word]) -> None:
        self.edges: list[dict[int, int]] = [{}]
        self.final: set[int] = {self._insert(word) for word in words}
        self.last = {word[-1] for word in words}
        self.shortest = min(map(len, words))

    def pairs(self) -> Iterator[Word]:
        """Neighbouring letters of a word."""
        for edges in self.edges:
            for letter, node in edges.items():
                yield from ((letter, following) for following in self.edges[node])

    def _insert(self, word: Word) -> int:
        node = 0
        for letter in word:
            if letter not in self.edges[node]:
                self.edges[node][letter] = len(self.edges)
                self.edges.append({})
            node = self.edges[node][letter]
        return node
