// A product with a tool that changes something, and therefore asks first.
#pragma once
#include "server/world.h"

namespace widgent::test {

inline constexpr char kRefund[] = "please refund my damaged order A-1001";

inline Product WithRefund(int expires_s, bool by_operator = false) {
  Product product = MakeProduct();
  ToolConfig tool = product.tools[0];
  tool.name = "refund_order";
  tool.description = "Refund an order";
  tool.url = "https://shop.example/tools/refund_order";
  tool.effect = ToolConfig::Effect::kUpdate;
  tool.parameters_json =
      R"({"type":"object","additionalProperties":false,"required":["order_id","reason"],"properties":{
    "order_id":{"type":"string","pattern":"^A-[0-9]{1,8}$","maxLength":10},
    "reason":{"type":"string","enum":["damaged","late"]}}})";
  tool.bind = {{"customer_id", "/sub"}};
  tool.examples = {"refund my order", "please refund my damaged order"};
  tool.answer = "I have asked for a refund of order {{args.order_id}}.";
  tool.approval = ToolApproval{"Refund order {{args.order_id}} ({{args.reason}})?", expires_s, by_operator};
  product.tools.push_back(tool);
  return product;
}

}  // namespace widgent::test
