"""`mamori notice`: the notice page looked at and checked before visitors meet it."""
