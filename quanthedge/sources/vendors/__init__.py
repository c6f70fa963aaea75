"""What reading every vendor's tables has in common; each vendor's own stands in its folder.

`columns` says what a vendor's table is, `reading` reads its files, the others turn rows into our
tables: `joining` (daily tables side by side), `adjustment` (prices back to what was traded),
`spells` (snapshots, names, industries), `actions`, `statements` and `trailing` (fundamentals),
`published` (weights, whole reports, curves, holdings of funds; `statement_items.csv` has each
vendor's names of the items), `futures`, and `assembling` puts them together.
"""
