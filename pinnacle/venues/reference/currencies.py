"""What a symbol is made of, where nobody says it."""

#: How the currencies end that symbols without a separator are quoted in, the longest first.
QUOTES = ("FDUSD", "USDT", "USDC", "TUSD", "BUSD", "EUR", "USD", "GBP", "TRY", "BTC", "ETH", "BNB")


def currencies(symbol: str) -> tuple[str, str]:
    """Base and quote of a symbol, by its separator or by how such symbols end."""
    text = symbol.upper()
    for separator in "-/":
        base, found, quote = text.partition(separator)
        if found:
            return base, quote
    text = text.removesuffix("PERP")
    quote = next((quote for quote in QUOTES if text.endswith(quote) and text != quote), text[-3:])
    return text.removesuffix(quote), quote
