# SPDX-License-Identifier: Apache-2.0
"""The tables of attacks and wrongful refusals in docs/security.md say which tests there are."""
import catalogue
import pytest

ITEMS = catalogue.items()


@pytest.mark.parametrize("letter", ["A", "W"])
def test_the_numbers_of_a_table_have_no_gap(letter):
    numbers = [item.number for item in ITEMS if item.letter == letter]
    assert numbers == list(range(1, len(numbers) + 1)) and numbers


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_a_row_names_the_files_whose_tests_have_its_mark(item):
    assert item.tests == catalogue.marked().get(item.name, set())


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_a_row_without_a_test_says_why(item):
    assert item.tests or item.uncovered
