import type { Command, Option } from 'commander';

type Word = Readonly<{ word: string; about: string }>;

/** What can follow each command, by its path: `tasks create` → its options; choices of an option by its flag. */
type Table = Readonly<{
  commands: ReadonlyMap<string, readonly Word[]>;
  options: ReadonlyMap<string, readonly Word[]>;
  choices: ReadonlyMap<string, readonly string[]>;
}>;

/**
 * A script that completes commands, their options and the choices of both; after `run --` the shell completes as usual.
 */
export const completionScript = (shell: 'bash' | 'zsh', program: Command): string =>
  shell === 'bash' ? bash(tableOf(program)) : zsh(tableOf(program));

const tableOf = (program: Command): Table => {
  const commands = new Map<string, readonly Word[]>();
  const options = new Map<string, readonly Word[]>();
  const choices = new Map<string, readonly string[]>();
  const visit = (command: Command, path: string) => {
    const inner = command.commands.map((child) => ({
      word: child.name(),
      about: child.summary() || firstLine(child.description()),
    }));
    const values = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
    if (inner.length + values.length > 0)
      commands.set(path, [...inner, ...values.map((word) => ({ word, about: '' }))]);
    const standing = command.commands.find((child) => child.name() === 'list');
    const known: readonly Option[] = [...command.options, ...(standing?.options ?? [])];
    options.set(path, [
      ...known.map((option) => ({
        word: option.long ?? option.short ?? '',
        about: firstLine(option.description),
      })),
      { word: '--help', about: 'help for this command' },
    ]);
    for (const option of known)
      if (option.long && option.argChoices) choices.set(`${path} ${option.long}`.trim(), option.argChoices);
    for (const child of command.commands) visit(child, `${path} ${child.name()}`.trim());
  };
  visit(program, '');
  return { commands, options, choices };
};

const firstLine = (text: string): string => text.split('\n')[0] ?? '';

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const wordsCase = (map: ReadonlyMap<string, readonly Word[]>): string =>
  [...map]
    .map(([path, words]) => `    ${quoted(path)}) echo ${quoted(words.map(({ word }) => word).join(' '))} ;;`)
    .join('\n');

const bash = ({ commands, options, choices }: Table): string => `# bash completion of miyabi
_miyabi_commands() {
  case "$1" in
${wordsCase(commands)}
  esac
}
_miyabi_options() {
  case "$1" in
${wordsCase(options)}
  esac
}
_miyabi_choices() {
  case "$1" in
${[...choices].map(([key, values]) => `    ${quoted(key)}) echo ${quoted(values.join(' '))} ;;`).join('\n')}
  esac
}
_miyabi() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} path='' word index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    if [[ $path == run && ( $word == -- || $word != -* && ! \${COMP_WORDS[index-1]} =~ ^(-p|-n|--project|--name)$ ) ]]; then
      [[ $word == -- ]] && ((++index))
      if declare -F _comp_command_offset >/dev/null; then _comp_command_offset $index
      elif declare -F _command_offset >/dev/null; then _command_offset $index
      else COMPREPLY=($(compgen -c -f -- "$current")); fi
      return
    fi
    if [[ $word != -* ]] && [[ " $(_miyabi_commands "$path") " == *" $word "* ]]; then path="\${path:+$path }$word"; fi
  done
  local values=$(_miyabi_choices "\${path:+$path }$previous")
  if [[ -n $values ]]; then COMPREPLY=($(compgen -W "$values" -- "$current"))
  elif [[ $current == -* ]]; then COMPREPLY=($(compgen -W "$(_miyabi_options "$path")" -- "$current"))
  elif [[ $path == parse ]]; then COMPREPLY=($(compgen -f -- "$current"))
  else COMPREPLY=($(compgen -W "$(_miyabi_commands "$path")" -- "$current")); fi
}
complete -F _miyabi miyabi
`;

const described = ({ word, about }: Word): string =>
  quoted(about === '' ? word : `${word}:${about.replaceAll(':', '\\:')}`);

const describedCase = (map: ReadonlyMap<string, readonly Word[]>, variable: string): string =>
  [...map]
    .map(([path, words]) => `    ${quoted(path)}) ${variable}=(${words.map(described).join(' ')}) ;;`)
    .join('\n');

const zsh = ({ commands, options, choices }: Table): string => `#compdef miyabi
# zsh completion of miyabi
_miyabi() {
  local path_='' word index values
  local -a found known
  for ((index = 2; index < CURRENT; index++)); do
    word=\${words[index]}
    if [[ $path_ == run && $word == -- ]]; then
      words=(\${words[index+1,-1]}); (( CURRENT -= index )); _normal; return
    fi
    _miyabi_commands "$path_"
    if [[ $word != -* ]] && (( \${known[(I)$word(|:*)]} )); then path_="\${path_:+$path_ }$word"; fi
  done
  case "\${path_:+$path_ }\${words[CURRENT-1]}" in
${[...choices].map(([key, values]) => `    ${quoted(key)}) compadd -- ${values.join(' ')}; return ;;`).join('\n')}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then
    _miyabi_options "$path_"
    _describe option found
  elif [[ $path_ == parse ]]; then _files
  else
    _miyabi_commands "$path_"
    (( $#known )) && _describe command known
  fi
}
_miyabi_commands() {
  known=()
  case "$1" in
${describedCase(commands, 'known')}
  esac
}
_miyabi_options() {
  found=()
  case "$1" in
${describedCase(options, 'found')}
  esac
}
if [[ \${funcstack[1]} == _miyabi ]]; then _miyabi "$@"; else compdef _miyabi miyabi; fi
`;
