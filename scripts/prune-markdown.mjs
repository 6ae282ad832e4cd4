// The Markdown library without what the widget makes no use of. Formulas: their `$` is always escaped
// (web/panel/later/markdown.ts), and `\(` and `\[` are then what CommonMark takes them for, brackets. Levels of
// headings: all are drawn alike.
import ts from 'typescript';

const never = /^(EQUATION_(BLOCK|INLINE)|MAYBE_EQ_BLOCK|HEADING_[2-6])$/;

const isNever = (node) => ts.isIdentifier(node) && never.test(node.text);

const textOf = (clause) => (clause.expression && ts.isStringLiteral(clause.expression) ? clause.expression.text : '');

/** `case '$':` of the common checks, and the two brackets of those after a backslash. */
const opensFormula = (clause, enclosing) =>
  textOf(clause) === '$' || (enclosing === '\\' && ['(', '['].includes(textOf(clause)));

/** What other cases fall into is then the last one's. */
function prunedCases(clauses, enclosing, factory) {
  const kept = [];
  let isOpen = false; // the last one kept has said nothing yet
  for (const clause of clauses) {
    if (!clause.expression || !(isNever(clause.expression) || opensFormula(clause, enclosing))) {
      kept.push(clause);
      isOpen = !clause.statements.length;
    } else if (isOpen && clause.statements.length) {
      kept.push(factory.createCaseClause(kept.pop().expression, clause.statements));
      isOpen = false;
    }
  }
  return kept;
}

export function pruneMarkdown(source) {
  const tree = ts.createSourceFile('smd.js', source, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
  const prune = (context) => (root) => {
    const { factory } = context;
    const visitIn = (enclosing) => (node) => {
      if (ts.isCaseBlock(node)) {
        const cases = prunedCases(node.clauses, enclosing, factory);
        return factory.updateCaseBlock(
          node,
          cases.map((clause) => ts.visitEachChild(clause, visitIn(textOf(clause)), context)),
        );
      }
      if (ts.isCallExpression(node) && node.expression.getText() === 'heading_from_level')
        return factory.createIdentifier('HEADING_1');
      if (ts.isBinaryExpression(node) && isNever(node.right)) {
        const { kind } = node.operatorToken;
        if (kind === ts.SyntaxKind.EqualsEqualsEqualsToken) return factory.createFalse();
        if (kind === ts.SyntaxKind.ExclamationEqualsEqualsToken) return factory.createTrue();
      }
      return ts.visitEachChild(node, visitIn(enclosing), context);
    };
    return ts.visitNode(root, visitIn(''));
  };
  return ts.createPrinter().printFile(ts.transform(tree, [prune]).transformed[0]);
}
