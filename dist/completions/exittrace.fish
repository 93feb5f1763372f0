# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Completion for fish. exittrace knows its options itself: exittrace --complete WORD..., see src/complete.h.

function __exittrace_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l current (commandline -ct)
    set -l before (string match -r -- '^--[^=]*=' $current)
    set -l value (string replace -r -- '^--[^=]*=' '' $current)
    for line in ($program --complete $words "$current" 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path "$value" | string replace -r -- '^' "$before"
            case ':directories'
                __fish_complete_directories "$value" | string replace -r -- '^' "$before"
            case ':users'
                __fish_complete_users | string replace -r -- '^' "$before"
            case ':command *'
                set -l first (math (string replace ':command ' '' $line) + 1)
                set -l command
                test $first -le (count $words); and set command (string escape -- $words[$first..-1])
                complete -C (string join ' ' -- $command "$current")
            case '*'
                echo $line
        end
    end
end

complete -c exittrace -f -a '(__exittrace_complete)'
