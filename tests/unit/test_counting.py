"""Numbers of hospitals that count differently are not added without saying so."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.facilities.counting import QUESTIONS, UNSAID, Basis, in_words, summable

ALIKE = {slug: next(iter(question.answers)) for slug, question in QUESTIONS.items()}
ANSWERS = st.fixed_dictionaries(
    {}, optional={slug: st.sampled_from(list(q.answers)) for slug, q in QUESTIONS.items()}
)


def test_hospitals_that_count_alike_may_be_added() -> None:
    assert summable([Basis("A", ALIKE), Basis("B", dict(ALIKE))]) == []
    assert summable([]) == summable([Basis("A", {})]) == []
    assert in_words([]) == ""


def test_what_differs_is_named_with_the_hospitals_on_each_side() -> None:
    bases = [Basis("A", ALIKE), Basis("B", ALIKE | {"newborns": "excluded"}), Basis("C", ALIKE)]
    (difference,) = summable(bases)
    assert difference.question == "newborns"
    assert list(difference.groups) == [("counted as in a bed", ("A", "C")), ("left out", ("B",))]
    assert "left out (B)" in in_words([difference])


def test_who_has_not_told_may_count_in_any_way() -> None:
    untold = {slug: answer for slug, answer in ALIKE.items() if slug != "leave"}
    (difference,) = summable([Basis("A", untold), Basis("B", untold)])
    assert difference.question == "leave"
    nobody = summable([Basis("A", {}), Basis("B", {})])
    assert in_words(nobody) == "Nobody has said how A and B count."
    mixed = in_words(summable([Basis("A", ALIKE), Basis("B", {})]))
    assert "not said (B)" in mixed


@given(st.lists(ANSWERS, min_size=2, max_size=5))
def test_a_sum_is_free_exactly_when_all_have_told_and_tell_the_same(answers: list[dict[str, str]]) -> None:
    bases = [Basis(f"H{number}", each) for number, each in enumerate(answers)]
    found = {difference.question: difference for difference in summable(bases)}
    for slug in QUESTIONS:
        told = {basis.answer(slug) for basis in bases}
        assert (slug in found) == (len(told) > 1 or UNSAID in told)
    for difference in found.values():
        assert sorted(name for _, names in difference.groups for name in names) == [b.hospital for b in bases]
    assert summable(list(reversed(bases))).__len__() == len(found)
