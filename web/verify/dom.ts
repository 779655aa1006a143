// SPDX-License-Identifier: Apache-2.0

type Child = Node | string | false | undefined
type Attributes = Readonly<Record<string, string | boolean | undefined>>

const SVG = 'http://www.w3.org/2000/svg'

/** An element with attributes and children; text goes in as text, never as markup. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children)
}

export function svg(tag: string, attributes: Attributes = {}, ...children: readonly Child[]): SVGElement {
  return fill(document.createElementNS(SVG, tag) as SVGElement, attributes, children)
}

function fill<E extends Element>(element: E, attributes: Attributes, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value)
  element.append(...children.filter((child) => child !== false && child !== undefined))
  return element
}

/** The mark of a verdict: a shape and a colour, always beside words. */
export function mark(ok: boolean): SVGElement {
  const shape = ok
    ? [
        svg('circle', { cx: '7', cy: '7', r: '6', class: 'fill-pass-mark' }),
        svg('path', { d: 'M4.2 7.3 6.2 9.2 9.8 5', class: 'stroke-surface' }),
      ]
    : [
        svg('path', { d: 'M4.5 1h5L13 4.5v5L9.5 13h-5L1 9.5v-5z', class: 'fill-fail-mark' }),
        svg('path', { d: 'm4.9 4.9 4.2 4.2m0-4.2L4.9 9.1', class: 'stroke-surface' }),
      ]
  return svg(
    'svg',
    {
      width: '14',
      height: '14',
      viewBox: '0 0 14 14',
      fill: 'none',
      'stroke-width': '1.5',
      'stroke-linecap': 'round',
      'stroke-linejoin': 'round',
      'aria-hidden': 'true',
      class: 'shrink-0',
    },
    ...shape,
  )
}

export function logo(): HTMLElement {
  const bar = (x: string, y: string, height: string): SVGElement => svg('rect', { x, y, width: '4', height, rx: '1' })
  return h(
    'p',
    { class: 'inline-flex items-center gap-2 text-lg font-semibold tracking-tight' },
    svg(
      'svg',
      { width: '20', height: '20', viewBox: '0 0 32 32', 'aria-hidden': 'true' },
      svg('rect', { width: '32', height: '32', rx: '8', class: 'fill-accent' }),
      svg('g', { class: 'fill-accent-ink' }, bar('7', '19', '6'), bar('14', '13', '12'), bar('21', '7', '18')),
    ),
    'Assay',
  )
}
