// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// Speaks as PancakeSwap V3's pools do, which tell of the protocol's fees too, and gives one token
/// for two of the other.
contract PancakePool {
    address public immutable factory;
    address public immutable token0;
    address public immutable token1;

    event Swap(
        address indexed sender,
        address indexed recipient,
        int256 amount0,
        int256 amount1,
        uint160 sqrtPriceX96,
        uint128 liquidity,
        int24 tick,
        uint128 protocolFeesToken0,
        uint128 protocolFeesToken1
    );

    constructor(address a, address b) {
        factory = msg.sender;
        (token0, token1) = a < b ? (a, b) : (b, a);
    }

    function swap(address tokenIn, uint256 amount) external {
        bool forward = tokenIn == token0;
        int256 paid = int256(amount);
        IERC20(tokenIn).transferFrom(msg.sender, address(this), amount);
        IERC20(forward ? token1 : token0).transfer(msg.sender, amount / 2);
        (int256 amount0, int256 amount1) = forward ? (paid, -paid / 2) : (-paid / 2, paid);
        emit Swap(msg.sender, msg.sender, amount0, amount1, 1 << 96, 1, 0, 7, 8);
    }
}
