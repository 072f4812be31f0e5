import { decodeReferences, XmlDamage, XmlTags } from '../primary/xml-tags.js';

/** An element of a small document. Names are without their namespace prefixes, but those of attributes. */
export interface XmlElement {
  /** What stands before the first element in it, without the white space around it. */
  readonly text: string;
  attribute(name: string): string | undefined;
  first(name: string): XmlElement | undefined;
  all(name: string): readonly XmlElement[];
}

/** Metalinks have ten levels. */
const DEEPEST = 32;

/** The root of a small XML document without a document type declaration. @throws what `fail` makes of the reason */
export function readXml(text: string, rootName: string, fail: (reason: string) => Error): XmlElement {
  const bytes = Buffer.from(text);
  try {
    const root = readTree(new XmlTags(bytes));
    if (root.name === rootName) return toElement(root);
  } catch (error) {
    if (!(error instanceof XmlDamage)) throw error;
    throw fail(`${error.message} (line ${lineAt(bytes, error.offset)})`);
  }
  throw fail(`it has no ${rootName} element`);
}

interface Node {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  text: string;
  readonly children: Node[];
}

function readTree(tags: XmlTags): Node {
  const open: Node[] = [];
  let root: Node | undefined;
  let isAtTag = tags.next();
  while (isAtTag) {
    if (tags.isEnd) {
      const name = open.pop()?.name;
      if (name !== tags.name()) throw new XmlDamage(tags.start, `it has an end of ${tags.name()} too many`);
    } else {
      const node: Node = { name: tags.name(), attributes: attributesOf(tags), text: '', children: [] };
      open.at(-1)?.children.push(node);
      root ??= node;
      if (!tags.isEmpty) {
        if (open.length === DEEPEST) {
          throw new XmlDamage(tags.start, `its elements are nested deeper than ${DEEPEST}`);
        }
        open.push(node);
        node.text = tags.textBeforeTag();
        continue;
      }
    }
    if (root !== undefined && open.length === 0) return root;
    isAtTag = tags.next();
  }
  throw new XmlDamage(tags.start, root === undefined ? 'it has no element' : 'it ends within an element');
}

function attributesOf(tags: XmlTags): Map<string, string> {
  const { bytes, attribute } = tags;
  const attributes = new Map<string, string>();
  while (tags.nextAttribute()) {
    const name = bytes.toString('utf8', attribute.nameStart, attribute.nameEnd);
    if (attributes.has(name)) throw new XmlDamage(attribute.nameStart, `it has the attribute ${name} twice`);
    attributes.set(name, decodeReferences(bytes, attribute.start, attribute.end));
  }
  return attributes;
}

function toElement({ text, attributes, children }: Node): XmlElement {
  const all = (name: string) => children.filter((child) => child.name === name).map(toElement);
  return {
    text: text.trim(),
    attribute: (name) => attributes.get(name)?.trim(),
    first: (name) => all(name)[0],
    all,
  };
}

function lineAt(bytes: Buffer, offset: number): number {
  let line = 1;
  for (let at = bytes.indexOf('\n'); at !== -1 && at < offset; at = bytes.indexOf('\n', at + 1)) line += 1;
  return line;
}
