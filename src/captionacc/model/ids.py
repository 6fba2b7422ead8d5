"""Identifiers. Distinct types, so that one cannot be passed for another."""

from __future__ import annotations

from typing import NewType

TenantId = NewType("TenantId", str)
VideoId = NewType("VideoId", str)
CaptionId = NewType("CaptionId", int)
