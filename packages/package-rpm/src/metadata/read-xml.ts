import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** An element of a small document. Names are without their namespace prefixes, but those of attributes. */
export interface XmlElement {
  /** Without the white space around it. */
  readonly text: string;
  attribute(name: string): string | undefined;
  first(name: string): XmlElement | undefined;
  all(name: string): readonly XmlElement[];
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  textNodeName: '#text',
  alwaysCreateTextNode: true,
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  isArray: (_name, _path, _isLeaf, isAttribute) => !isAttribute,
  transformTagName: (name) => name.replace(/^.*:/, ''),
});

/** The root of a small XML document without a document type declaration. @throws what `fail` makes of the reason */
export function readXml(text: string, rootName: string, fail: (reason: string) => Error): XmlElement {
  if (/<!DOCTYPE/i.test(text)) throw fail('it has a document type declaration, which no repository has');
  const checked = XMLValidator.validate(text);
  if (checked !== true) throw fail(`${checked.err.msg.replace(/\.$/, '')} (line ${checked.err.line})`);
  const root = elements(parser.parse(text), rootName)[0];
  if (root === undefined) throw fail(`it has no ${rootName} element`);
  return root;
}

function elements(parent: unknown, name: string): XmlElement[] {
  const children = member(parent, name);
  return Array.isArray(children) ? children.map(toElement) : [];
}

function toElement(node: unknown): XmlElement {
  const string = (value: unknown) => (typeof value === 'string' ? value.trim() : undefined);
  const text = typeof node === 'string' ? node : string(member(node, '#text'));
  return {
    text: text?.trim() ?? '',
    attribute: (name) => string(member(node, `@${name}`)),
    first: (name) => elements(node, name)[0],
    all: (name) => elements(node, name),
  };
}

function member(node: unknown, name: string): unknown {
  return typeof node === 'object' && node !== null && Object.hasOwn(node, name)
    ? (node as Record<string, unknown>)[name]
    : undefined;
}
