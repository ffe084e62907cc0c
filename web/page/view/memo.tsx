/** A view that is drawn again only where one of its properties is another value, compared by identity. */
import { Component, type JSX } from 'preact';

export function memo<Props extends object>(
  View: (props: Props) => JSX.Element | null,
): new (props: Props) => Component<Props> {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Readonly<Props>): boolean {
      return !sameProperties(this.props, next);
    }

    override render(): JSX.Element {
      return <View {...this.props} />;
    }
  };
}

function sameProperties(before: object, now: object): boolean {
  const old = new Map(Object.entries(before));
  const entries = Object.entries(now);
  return entries.length === old.size && entries.every(([name, value]) => Object.is(old.get(name), value));
}
