# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Completion for bash. exittrace knows its options itself: exittrace --complete WORD..., see src/complete.h.

_exittrace()
{
	local words=() places=() i=1 line word current
	COMPREPLY=()
	# bash cuts --name=value into three words
	for ((; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ ${#words[@]} -gt 0 && ${words[-1]} == --* && ($word == = || ${words[-1]} == *=) ]]; then
			words[-1]+=$word
		else
			words+=("$word")
			places+=("$i")
		fi
	done
	current=${words[-1]}
	[[ $current == --*=* ]] && current=${current#*=}
	while IFS= read -r line; do
		case $line in
		:files)
			compopt -o filenames
			mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current") ;;
		:directories)
			compopt -o filenames
			mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$current") ;;
		:users)
			mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -u -- "$current") ;;
		:command\ *)
			_exittrace_command "${places[${line#:command }]}" ;;
		*)
			word=${line%%$'\t'*}
			[[ $word == --*=* ]] && word=${word#*=}
			COMPREPLY+=("$word") ;;
		esac
	done < <("$1" --complete "${words[@]}" 2>/dev/null)
}

# The words from $1 on are a command line of their own.
_exittrace_command()
{
	if [[ $1 -eq $COMP_CWORD ]]; then
		mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}" | sort -u)
	elif declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	else
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
	fi
}

complete -F _exittrace exittrace
