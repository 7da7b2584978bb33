"""What the development stack raises when it cannot do what was asked of it."""


class StackError(Exception):
    """What is wrong and what to do about it, in one line for a person to read."""

    exit_status = 1
    """What the command ends with."""


class SettingError(StackError):
    """A setting is missing or wrong; the line names its variable."""

    exit_status = 2
