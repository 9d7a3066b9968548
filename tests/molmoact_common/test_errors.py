"""Every error that a person gets to read ends a process with the same code."""

import pytest

from molmoact_common.errors import CheckpointError, ConfigError, UnreachableError, UserError


@pytest.mark.parametrize("kind", [ConfigError, UnreachableError, CheckpointError])
def test_each_is_a_user_error_that_prints_as_its_line(kind):
    error = kind("what is wrong; what to do")
    assert isinstance(error, UserError)
    assert (str(error), error.exit_code) == ("what is wrong; what to do", 2)
