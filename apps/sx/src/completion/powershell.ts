/** Completion for PowerShell, 5.1 and 7. Files are left to PowerShell itself. */
import type { CompletedValue, CompletionTable } from './completion-table.ts';

export function powershellCompletion({ commands, options }: CompletionTable): string {
  const withValue = options.filter(({ value }) => value.kind !== 'none');
  return `# Completion of sx for PowerShell. In $PROFILE: sx completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName sx -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $options = @{
${commands.map(({ name, options: own }) => `    '${name}' = ${list(own.flatMap(({ flags }) => flags))}`).join('\n')}
  }
  $words = @{
${commands.map(({ name, words }) => `    '${name}' = ${list(words)}`).join('\n')}
  }
  $second = @{
${commands.flatMap(({ name, second }) => (second === undefined ? [] : second.behind.map((first) => `    '${name} ${first}' = ${list(second.words)}`))).join('\n')}
  }
  $choices = @{
${withValue.flatMap(({ flags, value }) => flags.flatMap((flag) => (choicesOf(value).length === 0 ? [] : [`    ${quoted(flag)} = ${list(choicesOf(value))}`]))).join('\n')}
  }
  $withValue = ${list(withValue.flatMap(({ flags }) => flags))}
  $command = ''
  $argument = ''
  $previous = ''
  foreach ($element in $commandAst.CommandElements | Select-Object -Skip 1) {
    $text = $element.ToString()
    if ($element.Extent.EndOffset -ge $cursorPosition) { break }
    if ($withValue -ccontains $previous) { $previous = ''; continue }
    $previous = $text
    if ($text.StartsWith('-')) { if ($text -ceq '-p' -or $text -ceq '--print') { if (-not $command) { $command = 'exec' } }; continue }
    if (-not $command) { if ($options.ContainsKey($text)) { $command = $text } else { $command = 'exec' } } elseif (-not $argument) { $argument = $text }
  }
  if ($withValue -ccontains $previous) {
    $found = @()
    foreach ($flag in $choices.Keys) { if ($flag -ceq $previous) { $found = $choices[$flag] } }
  } elseif ($wordToComplete.StartsWith('-')) {
    $found = if ($command) { $options[$command] } else { $options['exec'] }
  } elseif (-not $command) { $found = $options.Keys | Sort-Object
  } elseif (-not $argument) { $found = $words[$command]
  } else { $found = $second["$command $argument"] }
  $found | Where-Object { $_ -and $_.StartsWith($wordToComplete) } | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
}
`;
}

function choicesOf(value: CompletedValue): readonly string[] {
  return value.kind === 'choice' ? value.choices : value.kind === 'assignment' ? value.names.map((name) => `${name}=`) : [];
}

function list(words: readonly string[]): string {
  return `@(${words.map(quoted).join(', ')})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
