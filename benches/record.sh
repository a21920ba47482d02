# Sourced by comparisons: appends measurements to the file $MEASUREMENTS, if it is set, as the crate `bench-record` does.
# record COMPARISON CASE MEASURE CANDIDATE VALUE...
record() {
  [ -n "${MEASUREMENTS:-}" ] || return 0
  local comparison=$1 case=$2 measure=$3 candidate=$4 values
  shift 4
  values=$(IFS=,; echo "$*")
  printf '{"run":"%s","comparison":"%s","case":"%s","measure":"%s","candidate":"%s","values":[%s]}\n' \
    "$MEASUREMENTS_RUN" "$comparison" "$case" "$measure" "$candidate" "$values" >>"$MEASUREMENTS"
}
