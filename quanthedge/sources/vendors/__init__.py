"""Tables in vendors' column names and units; a module per vendor, as data over shared machinery.

`columns` says what a vendor's table is, `reading` reads its files, the others turn rows into our
tables: `joining` (daily tables side by side), `adjustment` (prices back to what was traded),
`spells` (snapshots, names, industries), `actions`, `statements` and `trailing` (fundamentals),
`futures`, and `assembling` puts them together.
"""
