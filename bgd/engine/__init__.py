"""The asyncio part: carries out the commands of the domain and feeds their results back."""
