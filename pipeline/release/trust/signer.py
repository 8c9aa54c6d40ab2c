"""A private key that its owner has opened, by the name that other rooms know it by."""

from __future__ import annotations

from securesystemslib.signer import CryptoSigner as Signer

__all__ = ["Signer"]
