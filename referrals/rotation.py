"""Making the index, and the digests of children, again under the first of INDEX_KEYS."""

from collections import Counter
from collections.abc import Callable, Iterator

from accounts.locked import CannotOpen
from accounts.rotation import AGAIN, ALREADY, SHUT, Count, in_batches
from referrals.finding import index_of
from referrals.models import Child, Conversation
from referrals.summary import words_to_find


def index_again(*, dry: bool) -> Iterator[tuple[str, Count]]:
    """Make both again from what is written. Yields each with what was met in it."""
    yield "Index of words", _words_again(dry)
    yield "Digests of children", _children_again(dry)


def _words_again(dry: bool) -> Count:
    count: Count = Counter()
    rows = Conversation.objects.recorded()

    def change(pk: int) -> None:
        row = rows.get(pk=pk)
        texts = [words_to_find(row.content), *row.addenda.values_list("text", flat=True)]
        words = index_of(row.agency_id, "\n".join(texts))
        count[ALREADY if words == row.words else AGAIN] += 1
        if words != row.words and not dry:
            rows.filter(pk=pk).update(words=words)

    keys = rows.filter(content__isnull=False).values_list("pk")
    in_batches(keys, lambda key: _if_it_opens(change, key[0], count))
    return count


def _children_again(dry: bool) -> Count:
    count: Count = Counter()

    def change(pk: int) -> None:
        row = Child.objects.select_related("conversation").get(pk=pk)
        made = {name: under[0] for name, under in row.keys().items()}
        same = all(getattr(row, name) == digest for name, digest in made.items())
        count[ALREADY if same else AGAIN] += 1
        if not (same or dry):
            Child.objects.filter(pk=pk).update(**made)

    in_batches(Child.objects.values_list("pk"), lambda key: _if_it_opens(change, key[0], count))
    return count


def _if_it_opens(change: Callable[[int], None], pk: int, count: Count) -> None:
    try:
        change(pk)
    except CannotOpen:
        count[SHUT] += 1
