import { ImageError } from '../errors.js';
import { tableRows } from './colon-table.js';

/** Who gets a number: "the user operator", "the group sensors". */
type Owner = string;

/** All numbers of an account file. Pure. */
export function idsOf(table: string): number[] {
  return tableRows(table).map((row) => Number(row[2]));
}

/**
 * The number above the highest in use between two bounds, or the highest that is free. Pure.
 *
 * @throws ImageError USER_INVALID when none is left
 */
export function nextId(
  table: string,
  owner: Owner,
  range: { readonly minimum: number; readonly maximum: number; readonly downwards?: boolean },
): number {
  const { minimum, maximum, downwards = false } = range;
  const used = idsOf(table).filter((id) => id >= minimum && id <= maximum);
  let id = downwards ? maximum : Math.max(minimum - 1, ...used) + 1;
  while (downwards && used.includes(id)) id -= 1;
  if (id >= minimum && id <= maximum) return id;
  throw new ImageError('USER_INVALID', `no id is left for ${owner}: ${minimum} to ${maximum} is used up`, {
    fault: 'request',
  });
}

/**
 * That the number a template asks for is nobody else's in the image, and not another one than the image has. Pure.
 *
 * @throws ImageError USER_INVALID
 */
export function checkId(table: string, owner: Owner, wanted: { readonly name: string; readonly id: number }) {
  const { name, id } = wanted;
  const refuse = (message: string, hint: string) => {
    throw new ImageError('USER_INVALID', message, { fault: 'request', hint, details: { name, id } });
  };
  for (const [other = '', , number] of tableRows(table)) {
    if (other === name && Number(number) !== id) {
      const hint = `leave the number out, or write ${number}: files of packages belong to it`;
      refuse(`${owner} is to have the number ${id}, and packages gave it ${number} already`, hint);
    }
    if (other !== name && Number(number) === id) {
      refuse(
        `${owner} is to have the number ${id}, which is that of ${other} in the image`,
        'choose another',
      );
    }
  }
}
