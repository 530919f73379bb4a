"""The same worry at other levels. Pure: the ladders are data of the edition."""

from thresholds.guidance import Guidance, Indicator, Ladder

A_LEVEL, AT_MOST = 2, 6


def rungs(ladder: Ladder, guidance: Guidance) -> dict[int, list[Indicator]]:
    """Return the indicators of a ladder by level, lowest first. A level may have none."""
    signs = [guidance.by_code[code] for code in ladder.indicators if code in guidance.by_code]
    return {
        level.number: [sign for sign in signs if sign.level == level.number]
        for level in guidance.levels
    }


def neighbours(code: str, guidance: Guidance) -> tuple[Indicator, ...]:
    """Return the nearest signs of the same worry at the other levels, lowest level first.

    At most two a level and six in all. The narrowest ladder that the sign stands on counts most,
    then its own domain. Strengths are no neighbours of a worry, and have none.
    """
    sign = guidance.by_code[code]
    if code in guidance.strength_codes:
        return ()
    near: list[Indicator] = []
    for ladder in sorted(guidance.ladders_of[code], key=lambda ladder: len(ladder.indicators)):
        steps = rungs(ladder, guidance)
        for level in sorted(steps, key=lambda level: abs(level - sign.level)):
            own_first = sorted(steps[level], key=lambda other: other.domain != sign.domain)
            near += [other for other in own_first if _is_new(other, sign, near, guidance)]
    chosen: list[Indicator] = []
    for other in near:
        if sum(kept.level == other.level for kept in chosen) < A_LEVEL and len(chosen) < AT_MOST:
            chosen.append(other)
    return tuple(sorted(chosen, key=lambda other: other.level))


def _is_new(other: Indicator, sign: Indicator, near: list[Indicator], guidance: Guidance) -> bool:
    """Leave out strengths, the sign's own level, and what is worded as one that is there."""
    if other.level == sign.level or other.code in guidance.strength_codes:
        return False
    wordings = {(kept.shared_key or kept.code) for kept in [sign, *near]}
    return (other.shared_key or other.code) not in wordings
