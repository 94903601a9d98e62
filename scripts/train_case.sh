# Functions of the scripts case_*.sh; sourced, not run.

# train_case NAME SIZE [start]: trains prm/train_NAME[_start][_SIZE].prm, then measures the model.
train_case() {
  local name=$1 size=${2:-} stage=${3:-} suffix=
  case $size in
    "") ;;
    gpu) suffix=_gpu ;;
    *) echo "$0: '$size' is not known; give nothing (two cores) or gpu" >&2; exit 1 ;;
  esac
  scripts/setup.sh
  scripts/build.sh seco
  local seco=build/release/bin/seco
  # The large versions train in one stage.
  if [ "$stage" = start ] && [ -z "$suffix" ]; then
    echo "== $name: first stage, prm/train_${name}_start.prm"
    $seco train "prm/train_${name}_start.prm" --replace
  fi
  echo "== $name: training, prm/train_$name$suffix.prm"
  $seco train "prm/train_$name$suffix.prm" --replace
  echo "== $name: done, figures of held-out RVEs in models/$name/model.json"
}
