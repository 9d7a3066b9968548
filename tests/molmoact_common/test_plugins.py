"""Parts named in configuration are found, or refused in one line."""

import pytest

from molmoact_common.errors import ConfigError
from molmoact_common.plugins import load_factory


def test_a_named_callable_is_found():
    assert load_factory("fractions:Fraction")(1, 2) * 2 == 1


@pytest.mark.parametrize("name", ["", "fractions", "fractions:", ":Fraction"])
def test_names_of_another_form_are_refused(name):
    with pytest.raises(ConfigError, match=r"package\.module:attribute"):
        load_factory(name)


@pytest.mark.parametrize("name", ["no_such_package:make", "fractions:no_such_attribute", "fractions.no_such:make"])
def test_what_is_not_there_is_named(name):
    with pytest.raises(ConfigError, match="no_such"):
        load_factory(name)


def test_what_cannot_be_called_is_refused():
    with pytest.raises(ConfigError, match="not callable"):
        load_factory("math:pi")
