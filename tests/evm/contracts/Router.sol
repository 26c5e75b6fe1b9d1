// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

interface IPairV2 {
    function token0() external view returns (address);
    function getReserves() external view returns (uint112, uint112, uint32);
    function mint(address to) external returns (uint256);
    function burn(address to) external returns (uint256, uint256);
    function swap(uint256 out0, uint256 out1, address to, bytes calldata data) external;
}

interface IPoolV3 {
    function token0() external view returns (address);
    function token1() external view returns (address);
    function mint(address to, int24 lower, int24 upper, uint128 liquidity, bytes calldata data)
        external
        returns (uint256, uint256);
    function burn(int24 lower, int24 upper, uint128 liquidity) external returns (uint256, uint256);
    function swap(address to, bool zeroForOne, int256 amount, uint160 limit, bytes calldata data)
        external
        returns (int256, int256);
}

/// Trades and feeds pools in one transaction, as people do through routers; needs allowances.
contract Router {
    uint160 private constant LOWEST = 4295128740;
    uint160 private constant HIGHEST = 1461446703485210103287273052203988822378723970341;

    function addV2(address pair, address a, uint256 amountA, address b, uint256 amountB) external {
        IERC20(a).transferFrom(msg.sender, pair, amountA);
        IERC20(b).transferFrom(msg.sender, pair, amountB);
        IPairV2(pair).mint(msg.sender);
    }

    function removeV2(address pair, uint256 shares) external {
        IERC20(pair).transferFrom(msg.sender, pair, shares);
        IPairV2(pair).burn(msg.sender);
    }

    function swapV2(address pair, address tokenIn, uint256 amountIn) external {
        IERC20(tokenIn).transferFrom(msg.sender, pair, amountIn);
        _swapV2(pair, tokenIn, msg.sender);
    }

    /// Swaps in one pair, and what comes out of it in another one.
    function swapTwiceV2(
        address first,
        address second,
        address tokenIn,
        address between,
        uint256 amountIn
    ) external {
        IERC20(tokenIn).transferFrom(msg.sender, first, amountIn);
        _swapV2(first, tokenIn, second);
        _swapV2(second, between, msg.sender);
    }

    /// What has reached the pair counts, since some tokens keep a part of every transfer.
    function _swapV2(address pair, address tokenIn, address to) private {
        bool zeroForOne = IPairV2(pair).token0() == tokenIn;
        (uint256 reserveIn, uint256 reserveOut,) = IPairV2(pair).getReserves();
        if (!zeroForOne) (reserveIn, reserveOut) = (reserveOut, reserveIn);
        uint256 taxed = (IERC20(tokenIn).balanceOf(pair) - reserveIn) * 997;
        uint256 out = taxed * reserveOut / (reserveIn * 1000 + taxed);
        IPairV2(pair).swap(zeroForOne ? 0 : out, zeroForOne ? out : 0, to, "");
    }

    function addV3(address pool, int24 lower, int24 upper, uint128 liquidity) external {
        IPoolV3(pool).mint(address(this), lower, upper, liquidity, abi.encode(msg.sender));
    }

    function removeV3(address pool, int24 lower, int24 upper, uint128 liquidity) external {
        IPoolV3(pool).burn(lower, upper, liquidity);
    }

    function swapV3(address pool, bool zeroForOne, int256 amount) external {
        uint160 limit = zeroForOne ? LOWEST : HIGHEST;
        IPoolV3(pool).swap(msg.sender, zeroForOne, amount, limit, abi.encode(msg.sender));
    }

    function uniswapV3MintCallback(uint256 owed0, uint256 owed1, bytes calldata data) external {
        _pay(int256(owed0), int256(owed1), data);
    }

    function uniswapV3SwapCallback(int256 owed0, int256 owed1, bytes calldata data) external {
        _pay(owed0, owed1, data);
    }

    function _pay(int256 owed0, int256 owed1, bytes calldata data) private {
        address payer = abi.decode(data, (address));
        if (owed0 > 0) {
            IERC20(IPoolV3(msg.sender).token0()).transferFrom(payer, msg.sender, uint256(owed0));
        }
        if (owed1 > 0) {
            IERC20(IPoolV3(msg.sender).token1()).transferFrom(payer, msg.sender, uint256(owed1));
        }
    }
}
