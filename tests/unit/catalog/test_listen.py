"""What listening needs."""

import pytest

from captionacc.catalog.listen import Listener
from captionacc.errors import UsageError

POOLER = "postgresql://postgres.ref:secret@aws-0-eu-central-1.pooler.supabase.com"


def test_transaction_pooler_is_refused():
    """It would take LISTEN and tell nothing: the error names the port that works, and no secret."""
    with pytest.raises(UsageError, match="transaction pooler") as caught:
        Listener(f"{POOLER}:6543/postgres", ["runs"])
    assert "5432" in caught.value.hint
    assert "secret" not in str(caught.value)
    Listener(f"{POOLER}:5432/postgres", ["runs"])
