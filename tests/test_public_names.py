"""Every public name of before still works."""

from tests.public_names import recorded_names, todays_names


def test_no_public_name_was_taken_away():
    gone = sorted(recorded_names() - todays_names())
    assert gone == [], "keep them as aliases, or take them out of the record and note in CHANGELOG.md what to write instead"
