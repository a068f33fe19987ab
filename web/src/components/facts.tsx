import type { ComponentChildren } from 'preact';

export type Fact = readonly [name: string, value: ComponentChildren];

/** Names and values. Entries without a value are left out, and so is the list if it is empty. */
export const Facts = ({ title, facts }: Readonly<{ title: string; facts: readonly Fact[] }>) => {
  const known = facts.filter(([, value]) => value !== undefined && value !== null && value !== '');
  if (known.length === 0) return null;
  return (
    <section class="section facts">
      <h2>{title}</h2>
      <dl>
        {known.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
};

/** A link, if the address is safe to follow: a task's data may come from anywhere. */
export const Out = ({ to, children }: Readonly<{ to: string; children: ComponentChildren }>) =>
  /^https?:\/\//i.test(to) ? (
    <a href={to} rel="noreferrer noopener" target="_blank">
      {children}
    </a>
  ) : (
    children
  );
