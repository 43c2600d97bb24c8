# What the tools that print a reference page share; they source it.

# Prints the comment at the head of the tool $1.
print_usage() {
  sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$1"
}

# Prints the head of a table whose columns are $@.
table_head() {
  printf '| %s ' "$@"
  echo "|"
  printf '|%.0s---' "$@"
  echo "|"
}

# Has standard input mean in a cell of a table what it says.
as_cells() {
  sed 's/[|]/\\|/g; s/</\&lt;/g; s/>/\&gt;/g'
}
