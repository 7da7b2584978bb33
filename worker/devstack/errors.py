"""The errors of the development stack."""


class StackError(Exception):
    """One line that says what is wrong and what to do about it."""

    exit_status = 1
    """What the command ends with."""


class SettingError(StackError):
    """A setting is missing or wrong; the line names its variable."""

    exit_status = 2
