// Classes of which a page has one instance become functions that hold their members as variables: a variable is one
// letter, where `this` and a member's name are many. In place of `new` they are called, and answer the members that
// others see.
import ts from 'typescript';

const hasModifier = (node, kind) => !!node.modifiers?.some((modifier) => modifier.kind === kind);
const isPrivate = (node) => hasModifier(node, ts.SyntaxKind.PrivateKeyword);
const isReadonly = (node) => hasModifier(node, ts.SyntaxKind.ReadonlyKeyword);
const isThis = (node) => node?.kind === ts.SyntaxKind.ThisKeyword;

/** What `names` lists must be a class without a base, a static member or a setter. */
export function toClosures(source, names) {
  const tree = ts.createSourceFile('class.ts', source, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const transform = (context) => {
    const { factory: make } = context;
    const variable = (name) => make.createIdentifier(`${name}$`);
    const call = (name) => make.createCallExpression(variable(name), undefined, []);
    const isMade = (node) => ts.isNewExpression(node) && names.includes(node.expression.text);
    const made = (node, visit) =>
      make.createCallExpression(
        node.expression,
        undefined,
        node.arguments.map((one) => ts.visitNode(one, visit)),
      );

    function convert(node) {
      const getters = new Set(node.members.filter(ts.isGetAccessor).map(({ name }) => name.text));
      const read = (name) => (getters.has(name) ? call(name) : variable(name));
      const visit = (child) => {
        if (ts.isPropertyAccessExpression(child) && isThis(child.expression)) return read(child.name.text);
        if (ts.isVariableDeclarationList(child) && child.declarations.some(({ initializer }) => isThis(initializer)))
          return make.createVariableDeclarationList(
            child.declarations.flatMap((one) =>
              isThis(one.initializer)
                ? one.name.elements.map(({ propertyName, name }) =>
                    make.createVariableDeclaration(name, undefined, undefined, read((propertyName ?? name).text)),
                  )
                : ts.visitEachChild(one, visit, context),
            ),
            child.flags,
          );
        if (isMade(child)) return made(child, visit);
        if (isThis(child)) throw new Error(`${node.name.text} hands out \`this\`.`);
        return ts.visitEachChild(child, visit, context);
      };
      const visitAll = (nodes) => nodes.map((child) => ts.visitNode(child, visit));
      const own = []; // statements
      const shown = [];
      const show = (member, isField) => {
        const { text } = member.name;
        if (isPrivate(member)) return;
        if (!isField || isReadonly(member)) return shown.push(make.createPropertyAssignment(text, variable(text)));
        const value = make.createIdentifier('value');
        shown.push(
          make.createGetAccessorDeclaration(
            undefined,
            text,
            [],
            undefined,
            make.createBlock([make.createReturnStatement(variable(text))]),
          ),
          make.createSetAccessorDeclaration(
            undefined,
            text,
            [make.createParameterDeclaration(undefined, undefined, value)],
            make.createBlock([make.createExpressionStatement(make.createAssignment(variable(text), value))]),
          ),
        );
      };
      const start = node.members.find(ts.isConstructorDeclaration);
      const declare = (name, value) =>
        make.createVariableStatement(
          undefined,
          make.createVariableDeclarationList(
            [make.createVariableDeclaration(variable(name), undefined, undefined, value)],
            ts.NodeFlags.Let,
          ),
        );
      for (const one of start?.parameters ?? []) {
        if (!one.modifiers?.length) continue;
        own.push(declare(one.name.text, one.name));
        show(one, true);
      }
      for (const member of node.members) {
        if (ts.isPropertyDeclaration(member)) {
          own.push(declare(member.name.text, member.initializer && ts.visitNode(member.initializer, visit)));
          show(member, true);
        } else if (ts.isMethodDeclaration(member) || ts.isGetAccessor(member)) {
          const { text } = member.name;
          own.push(
            make.createFunctionDeclaration(
              member.modifiers?.filter(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword),
              undefined,
              variable(text),
              undefined,
              visitAll(member.parameters),
              undefined,
              ts.visitNode(member.body, visit),
            ),
          );
          if (ts.isMethodDeclaration(member)) show(member, false);
          else if (!isPrivate(member))
            shown.push(
              make.createGetAccessorDeclaration(
                undefined,
                text,
                [],
                undefined,
                make.createBlock([make.createReturnStatement(call(text))]),
              ),
            );
        }
      }
      return make.createFunctionDeclaration(
        node.modifiers,
        undefined,
        node.name,
        undefined,
        start?.parameters.map((one) =>
          make.createParameterDeclaration(
            undefined,
            one.dotDotDotToken,
            one.name,
            undefined,
            undefined,
            one.initializer,
          ),
        ) ?? [],
        undefined,
        make.createBlock(
          [
            ...own,
            ...visitAll(start?.body.statements ?? []),
            make.createReturnStatement(make.createObjectLiteralExpression(shown)),
          ],
          true,
        ),
      );
    }
    const top = (node) => {
      if (isMade(node)) return made(node, top);
      const isOurs = ts.isClassDeclaration(node) && names.includes(node.name?.text);
      return isOurs ? convert(node) : ts.visitEachChild(node, top, context);
    };
    return (root) => ts.visitNode(root, top);
  };
  return ts.createPrinter().printFile(ts.transform(tree, [transform]).transformed[0]);
}
