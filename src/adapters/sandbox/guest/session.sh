# Takes up the working directory and the exports that the last shell command left, and leaves this one's at its end.
# The state is data, never code: a path and values with NULs between, which the agent may read, damage or delete.
. /opt/steadfast/guest/script.sh
__steadfast_state=/home/agent/.session

__steadfast_restore() {
  local values=() value name
  if [ -f "$__steadfast_state" ] && builtin mapfile -d '' -t values <"$__steadfast_state"; then
    for name in $(compgen -e); do unset "$name"; done
    for value in "${values[@]:1}"; do export "$value"; done
  fi
  value=${values[0]:-/testbed}
  # A directory that is gone gives way to the nearest one above it that is still there.
  until cd -- "$value"; do
    case $value in
      /*/*) value=${value%/*} ;;
      *) cd /testbed; break ;;
    esac
  done
} >/dev/null 2>&1

__steadfast_save() {
  builtin trap - EXIT DEBUG ERR
  builtin set +eunvxCf
  # The letter keeps a newline at the name's end from being dropped.
  __steadfast_cwd=$(builtin pwd && builtin printf x)
  # Replaced only when written whole: on a full disk the older state is better than half of the newer.
  {
    builtin printf '%s\0' "${__steadfast_cwd%?x}" && /usr/bin/env -0
  } >|"$__steadfast_state.new" && /bin/mv -fT "$__steadfast_state.new" "$__steadfast_state"
} >/dev/null 2>&1 </dev/null

# Saves after a script that ran to its end, whose own EXIT trap may have replaced ours; keeps its status.
__steadfast_end() {
  { __steadfast_kept=$(builtin trap -p EXIT); } 2>/dev/null
  __steadfast_save
  case $__steadfast_kept in *__steadfast_save*) ;; *) eval "$__steadfast_kept" ;; esac
  return "$1"
}

__steadfast_restore
builtin trap __steadfast_save EXIT
