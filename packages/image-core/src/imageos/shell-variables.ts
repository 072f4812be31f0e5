/**
 * Sets variables in a file of `NAME=value` lines (os-release(5), locale.conf(5), /etc/default/*). Lines that already set
 * one are replaced where they stand, new ones come last; everything else stays as it is. Pure.
 */
export function setVariables(text: string, variables: Readonly<Record<string, string>>): string {
  const open = new Map(Object.entries(variables));
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const kept = lines.flatMap((line) => {
    const name = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=/.exec(line)?.[1];
    if (name === undefined || variables[name] === undefined) return [line];
    const value = open.get(name);
    open.delete(name);
    return value === undefined ? [] : [`${name}=${quote(value)}`];
  });
  for (const [name, value] of open) kept.push(`${name}=${quote(value)}`);
  return `${kept.join('\n')}\n`;
}

/** Quotes what is not plainly safe, so that both a shell and systemd read the same value. */
function quote(value: string): string {
  return /^[A-Za-z0-9_.,:@%/+-]+$/.test(value) ? value : `"${value.replace(/[\\"$`]/g, '\\$&')}"`;
}
