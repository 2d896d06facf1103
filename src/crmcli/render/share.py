"""A share of a whole as percent and a bar, so that two shares are compared at a glance."""

_EIGHTHS = " ▏▎▍▌▋▊▉"
_WIDTH = 10


def share(value: float | None) -> str:
    """Return a share of 0 to 1 as percent and a bar; what is beyond has none or a full one, what is unknown is empty."""
    if value is None:
        return ""
    filled = round(min(max(value, 0.0), 1.0) * _WIDTH * len(_EIGHTHS))
    whole, rest = divmod(filled, len(_EIGHTHS))
    return f"{value:6.1%} {'█' * whole}{_EIGHTHS[rest].strip()}"
