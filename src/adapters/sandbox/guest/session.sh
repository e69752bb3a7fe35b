# Takes up the working directory and the exports that the last shell command left, and leaves this one's at its end.
# The state is data, never code: a path and values with NULs between, which the agent may read, damage or delete.
. /opt/steadfast/guest/script.sh
__steadfast_state=/home/agent/.session
__steadfast_initial=

# The state as it is now, into the array `state`. The letter keeps a newline at the folder's end from being dropped;
# the level is bash's own count, which `exit` changes.
__steadfast_read() {
  local cwd
  cwd=$(builtin pwd && builtin printf x)
  builtin mapfile -d '' -t state < <(builtin printf '%s\0' "${cwd%?x}" && /usr/bin/env -0 SHLVL=0)
}

__steadfast_restore() {
  local values=() state=() value name
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
  # Going there was not the agent's doing: its last working directory is what it was.
  for value in "${values[@]:1}"; do
    case $value in OLDPWD=*) export "$value" ;; esac
  done
  if [ ! -e "$__steadfast_state" ]; then
    __steadfast_read
    __steadfast_initial=${state[*]@Q}
  fi
} >/dev/null 2>&1

# Leaves the file alone when it says the same: a command that only reads leaves the sandbox as it was.
__steadfast_save() {
  builtin trap - EXIT DEBUG ERR
  builtin set +eunvxCf
  local state=() values=()
  __steadfast_read
  # None where no process could be started for it: then the older state stays.
  [[ ${#state[@]} -gt 1 ]] || return
  if [[ -f $__steadfast_state ]]; then
    builtin mapfile -d '' -t values <"$__steadfast_state"
    [[ "${state[*]@Q}" == "${values[*]@Q}" ]] && return
  elif [[ ! -e $__steadfast_state && "${state[*]@Q}" == "$__steadfast_initial" ]]; then
    return
  fi
  # Replaced only when written whole: on a full disk the older state is better than half of the newer.
  builtin printf '%s\0' "${state[@]}" >|"$__steadfast_state.new" &&
    /bin/mv -fT "$__steadfast_state.new" "$__steadfast_state"
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
