"""Says what pyarrow reads in a Parquet file: columns and types, then a row a line."""
import sys
import pyarrow.parquet as pq

table = pq.read_table(sys.argv[1])
print(" ".join(f"{field.name}:{field.type}" for field in table.schema))
for row in zip(*(column.to_pylist() for column in table.columns)):
    print("|".join(repr(cell) if isinstance(cell, str) else str(cell) for cell in row))
