# Reads the script of a command from file descriptor 3, where it may be of any length, into a variable for `eval`.
IFS= builtin read -r -d '' __steadfast_script <&3
exec 3<&- 4>&-
